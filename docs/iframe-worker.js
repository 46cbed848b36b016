// A Worker for pages opened as files, where browsers refuse real ones: the script runs in a hidden frame of the page.
// The site's search needs `postMessage`, `onmessage` and an `importScripts` that may be awaited.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    #frame = document.createElement("iframe");
    #ready;

    constructor(script) {
      super();
      this.#frame.hidden = true;
      document.body.append(this.#frame);
      const inner = this.#frame.contentWindow;
      const load = (source) =>
        new Promise((loaded, failed) => {
          const tag = inner.document.createElement("script");
          Object.assign(tag, { src: source, onload: loaded, onerror: failed });
          inner.document.body.append(tag);
        });
      inner.importScripts = async (...sources) => {
        for (const source of sources) await load(source);
      };
      inner.postMessage = (data) => {
        const event = new MessageEvent("message", { data });
        this.dispatchEvent(event);
        this.onmessage?.(event);
      };
      this.#ready = load(script);
    }

    postMessage(data) {
      const inner = this.#frame.contentWindow;
      this.#ready.then(() => inner.dispatchEvent(new inner.MessageEvent("message", { data })));
    }

    terminate() {
      this.#frame.remove();
    }
  };
}
