// The WebSocket: keeps one open, says when it is lost, and asks for what was missed when it is back.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const SIGNED_OUT = 4401;

export class Live {
  /**
   * on.state(connected), on.message(message), on.clock(clock), on.people(), on.open(): told on every (re)connection,
   * on.ended(): the session of this browser has ended.
   * `after()`: the newest revision known, sent in the hello.
   */
  constructor({ person, after, on }) {
    this.person = person;
    this.after = after;
    this.on = on;
    this.wait = FIRST_WAIT_MS;
    this.stopped = false;
    this.retry = () => this.now();
    window.addEventListener("online", this.retry);
    this.connect();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    window.removeEventListener("online", this.retry);
    this.socket?.close();
  }

  /** Tries at once instead of at the end of the wait. */
  now() {
    if (this.stopped || (this.socket && this.socket.readyState <= WebSocket.OPEN)) return;
    clearTimeout(this.timer);
    this.connect();
  }

  connect() {
    const url = new URL("ws", document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (this.person) url.searchParams.set("as", this.person);
    const socket = new WebSocket(url);
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.wait = FIRST_WAIT_MS;
      socket.send(JSON.stringify({ type: "hello", after: this.after() }));
      this.on.state(true);
      this.on.open();
    });
    socket.addEventListener("message", (event) => this.hear(event.data));
    socket.addEventListener("close", (event) => this.lost(socket, event.code));
  }

  hear(data) {
    if (this.stopped) return;
    let news;
    try {
      news = JSON.parse(data);
    } catch {
      return;
    }
    if (news.type === "message") this.on.message(news.message);
    else if (news.type === "clock") this.on.clock(news.clock);
    else if (news.type === "people") this.on.people();
  }

  lost(socket, code) {
    if (this.stopped || socket !== this.socket) return;
    if (code === SIGNED_OUT) {
      this.on.ended();
      return;
    }
    this.on.state(false);
    // Spread out, so that a restarted server is not met by every tab in the same instant.
    this.timer = setTimeout(() => this.connect(), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }
}
