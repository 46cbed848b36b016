// Transfers with the aircraft: upload and clear as orders of the live connection, reading and comparing as calls.
import { t } from "../lib/i18n.svelte";
import { live } from "../lib/live.svelte";
import type { ActionNews } from "../lib/protocol";
import * as calls from "./calls";
import { editor } from "./editor.svelte";

const POLL_MS = 400;

class Transfer {
  /** What is under way, "" for nothing. */
  doing = $state<"" | "upload" | "read" | "compare" | "clear">("");
  aircraft = $state("");
  /** Number of the order under way, by which its news are found. */
  request = $state("");
  done = $state(0);
  total = $state(0);
  comparison = $state.raw<calls.Comparison | null>(null);
  /** Version of the plan and aircraft of the comparison. */
  compared = $state.raw({ version: -1, aircraft: "" });
  private timer: ReturnType<typeof setInterval> | undefined;

  /** The newest news of the last order. */
  get news(): ActionNews | null {
    return this.request ? (live.actions.findLast((one) => one.request === this.request) ?? null) : null;
  }

  async upload(aircraft: string, clearFence: boolean, clearRally: boolean): Promise<void> {
    await this.run("upload", aircraft, async () => {
      const plan = await calls.stage(editor.plan);
      // The connection may have broken, or another aircraft been selected, while the plan was sent.
      if (!live.connected || live.selectedId !== aircraft) throw new Error(t("plan.upload.changed"));
      await this.order(aircraft, "upload_plan", { plan, clear_fence: clearFence, clear_rally: clearRally });
    });
    if (this.news?.outcome === "done") await this.compare(aircraft);
  }

  async clear(aircraft: string, everything: boolean): Promise<void> {
    await this.run("clear", aircraft, () => this.order(aircraft, "clear_mission", { everything }));
  }

  async read(aircraft: string): Promise<void> {
    await this.run("read", aircraft, async () => {
      const { plan, contents } = await calls.readOnboard(aircraft);
      const title = live.aircraft.get(aircraft)?.name ?? aircraft;
      editor.take(plan, t("plan.read.name", { aircraft: title }));
      editor.notice = `read:${title}: ${contents}`;
    });
  }

  async compare(aircraft: string): Promise<void> {
    await this.run("compare", aircraft, async () => {
      const { version } = editor;
      this.comparison = await calls.compare(editor.plan, aircraft);
      this.compared = { version, aircraft };
    });
  }

  private async run(what: Transfer["doing"], aircraft: string, work: () => Promise<void>): Promise<void> {
    if (this.doing) return;
    this.doing = what;
    this.aircraft = aircraft;
    this.done = this.total = 0;
    editor.trouble = "";
    this.timer = setInterval(() => {
      calls.progress(aircraft).then(
        ({ done, total }) => {
          this.done = done;
          this.total = total;
        },
        () => undefined, // the connection's own line says so
      );
    }, POLL_MS);
    try {
      await work();
    } catch (error) {
      editor.trouble = (error as Error).message;
    } finally {
      clearInterval(this.timer);
      this.doing = "";
    }
  }

  /** Send an order and wait for its end, or for the end of the connection. */
  private async order(aircraft: string, name: string, args: Record<string, unknown>): Promise<void> {
    this.request = live.act(aircraft, name, args);
    const ended = () => {
      const outcome = this.news?.outcome;
      return outcome === "done" || outcome === "refused" || outcome === "unconfirmed" || !live.connected;
    };
    while (!ended() && !live.error) await new Promise((resolve) => setTimeout(resolve, 100));
    if (live.error && !this.news) throw new Error(live.error);
  }
}

export const transfer = new Transfer();
