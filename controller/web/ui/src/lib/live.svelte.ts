// The live connection: one WebSocket, the state of every aircraft, and the age of each value.
import { SvelteMap } from "svelte/reactivity";

import { Aircraft, measuredS, note, nowS } from "./aircraft.svelte";
import { PAGE_ID } from "./api";
import { delay } from "./delay";
import { EachFrame } from "./frames";
import type {
  ActionNews,
  AircraftInfo,
  ClientMessage,
  Group,
  LinkView,
  Role,
  ServerMessage,
  SessionEvent,
  TextMessage,
} from "./protocol";
import { ask, protocols, session } from "./session.svelte";

export type { Aircraft };

/** After this time without news a value is shown as old. */
export const STALE_S = 3;
const RECONNECT_MS = [250, 500, 1000, 2000];
const TEXTS_KEPT = 200;
const EVENTS_KEPT = 500;
const ACTIONS_KEPT = 50;
/** Ages on the page go on so often, ms. */
const CLOCK_MS = 250;

class Live {
  readonly aircraft = new SvelteMap<string, Aircraft>();
  selectedId = $state<string | null>(null);
  connected = $state(false);
  role = $state<Role>("observer");
  client = $state("");
  /** Name of this page for people, such as "page 2". */
  clientName = $state("");
  /** Texts of ground boxes. */
  boxTexts = $state.raw<TextMessage[]>([]);
  links = $state.raw<LinkView[]>([]);
  events = $state.raw<SessionEvent[]>([]);
  actions = $state.raw<ActionNews[]>([]);
  /** Last error of the server about a message of this page. */
  error = $state("");
  /** Counts the frames in which the state of any aircraft changed. */
  changes = $state(0);
  /** Goes on four times a second, so that ages on the page do too. */
  clockS = $state(nowS());
  record = $state("");
  /** The server's last word about the joystick of this page. */
  joystick = $state.raw<Extract<ServerMessage, { type: "joystick" }> | null>(null);
  /** Why the server closed the connection, in its words; "" for a connection that broke. */
  closedWhy = $state("");
  private socket: WebSocket | null = null;
  private attempts = 0;
  private lostAtS = nowS();
  private nextRequest = 1;
  private readonly changed = new Set<Aircraft>();
  private readonly showing = new EachFrame(() => this.show());

  get selected(): Aircraft | null {
    return this.selectedId === null ? null : (this.aircraft.get(this.selectedId) ?? null);
  }

  start(): void {
    setInterval(() => (this.clockS = nowS()), CLOCK_MS);
    this.open();
  }

  /** Age of a group of values, or of a text, in seconds; infinite for none. It goes on while the server is away. */
  ageS(group: object | null): number {
    if (group === null) return Infinity;
    const at = measuredS(group);
    return at === undefined ? Infinity : Math.max(0, this.clockS - at);
  }

  /** Whether these values must not look live. */
  stale(group: Group | null): boolean {
    return !this.connected || this.ageS(group) > STALE_S;
  }

  /** Seconds since the connection to the server was lost; 0 while it stands. */
  get awayS(): number {
    return this.connected ? 0 : this.clockS - this.lostAtS;
  }

  /** Send a command to one aircraft. Returns the request's number, by which `actions` tell of it. */
  act(aircraft: string, name: string, args: Record<string, unknown> = {}, words = name): string {
    const request = `${this.client}-${this.nextRequest++}`;
    const utc = new Date().toISOString();
    this.tell({ request, aircraft, name, words, outcome: "asked", why: "", client: this.client, client_name: this.clientName, utc });
    this.send({ type: "act", request, aircraft, name, args });
    return request;
  }

  /** Put news of an action in the place of older news of it. */
  private tell(news: ActionNews, ageS = 0): void {
    const others = this.actions.filter((old) => old.client !== news.client || old.request !== news.request);
    this.actions = [...others, note(news, ageS)].slice(-ACTIONS_KEPT);
  }

  /** End the actions of this page that are still open: what became of them is not known here. */
  private leaveOpen(why: string): void {
    for (const one of this.actions)
      if (one.client === this.client && (one.outcome === "asked" || one.outcome === "accepted"))
        this.tell({ ...one, outcome: "unconfirmed", why });
  }

  send(message: ClientMessage): void {
    // A message that the network holds back must not act when it arrives at last: the server refuses an old one.
    if (this.socket?.readyState === WebSocket.OPEN)
      this.socket.send(JSON.stringify(message.type === "seen" ? message : { ...message, t_s: delay.serverS(nowS()) }));
    // A command is never kept for later: the aircraft may be elsewhere by then.
    else this.leaveOpen("there is no connection to Landline: nothing was sent");
  }

  private open(): void {
    if (session.state !== "in") {
      if (session.state === "asking") void ask();
      setTimeout(() => this.open(), RECONNECT_MS[1]);
      return;
    }
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live?page=${PAGE_ID}`, protocols());
    this.socket = socket;
    socket.onmessage = (event: MessageEvent<string>) => this.receive(JSON.parse(event.data) as ServerMessage);
    socket.onclose = (event: CloseEvent) => {
      if (this.connected) this.lostAtS = nowS();
      this.leaveOpen("the connection to Landline was lost");
      this.connected = false;
      this.closedWhy = event.reason;
      // The server may be another run by now, which does not know this browser.
      void ask();
      const wait = RECONNECT_MS[Math.min(this.attempts++, RECONNECT_MS.length - 1)];
      setTimeout(() => this.open(), wait);
    };
  }

  /** Show the states of the aircraft that changed. */
  private show(): void {
    if (this.changed.size === 0) return;
    for (const one of this.changed) one.show();
    this.changed.clear();
    this.changes += 1;
  }

  private receive(message: ServerMessage): void {
    // Whatever is told of an aircraft stands beside the state that it had then.
    if (message.type !== "state") this.showing.now();
    // Messages come to a hidden page too, when its timers do not.
    if (nowS() - this.clockS > (2 * CLOCK_MS) / 1000) this.clockS = nowS();
    switch (message.type) {
      case "hello":
        this.attempts = 0;
        delay.reset();
        this.connected = true;
        this.closedWhy = "";
        this.client = message.client;
        this.clientName = message.client_name;
        this.boxTexts = message.box_texts.map((text) => note(text));
        this.events = message.events.map((event) => note(event, message.utc_us / 1e6 - Date.parse(event.utc) / 1e3));
        for (const action of message.actions)
          this.tell(action, message.utc_us / 1e6 - Date.parse(action.utc) / 1e3);
        this.role = message.role;
        this.record = message.record;
        this.links = message.links;
        delay.of(message.t_s, nowS());
        for (const { state, texts, track, mission, ...info } of message.aircraft) {
          const one = this.take(info);
          if (one.track.count === 0) for (const [lat_deg, lon_deg] of track) one.track.add(lat_deg, lon_deg);
          one.update(state);
          one.show();
          one.texts = texts.map((text) => note(text));
          one.mission = mission;
        }
        break;
      case "aircraft":
        this.take(message.aircraft);
        break;
      case "state":
        this.update(message);
        this.send({ type: "seen" });
        break;
      case "links":
        this.links = message.links;
        break;
      case "text": {
        const one = message.id === null ? undefined : this.aircraft.get(message.id);
        if (message.id === null) this.boxTexts = [...this.boxTexts, note(message.text)].slice(-TEXTS_KEPT);
        if (one) one.texts = [...one.texts, note(message.text)].slice(-TEXTS_KEPT);
        break;
      }
      case "mission": {
        const one = this.aircraft.get(message.id);
        if (one) one.mission = message.mission;
        break;
      }
      case "action":
        this.tell(message.action);
        break;
      case "event":
        this.events = [...this.events, note(message.event)].slice(-EVENTS_KEPT);
        break;
      case "error": {
        const asked = this.actions.find((one) => one.client === this.client && one.request === message.request);
        if (asked) this.tell({ ...asked, outcome: "refused", why: message.error });
        else this.error = message.error;
        break;
      }
    }
  }

  private update(message: Extract<ServerMessage, { type: "state" }>): void {
    const lateS = delay.of(message.t_s, nowS());
    for (const { id, ...news } of message.states) {
      const one = this.aircraft.get(id);
      if (!one) continue;
      one.update(news, lateS);
      this.changed.add(one);
    }
    this.showing.soon();
    this.showing.late();
  }

  private take(info: AircraftInfo): Aircraft {
    const known = this.aircraft.get(info.id);
    if (known) {
      known.info = info;
      return known;
    }
    const one = new Aircraft(info);
    this.aircraft.set(info.id, one);
    // Only the first one is selected by itself: a command must never go to another aircraft than the one looked at.
    this.selectedId ??= info.id;
    return one;
  }
}

export const live = new Live();
