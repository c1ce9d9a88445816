/** The live socket: subscribes, resumes where it left off, comes back by itself, and says how it is. */
import type { Position, Price, Rule } from "./calls";

export type SocketState = "connecting" | "live" | "reconnecting" | "signed_out";

/** What a frame may carry; which fields there are depends on what happened. */
export interface Frame {
  type: "snapshot" | "changes" | "reset" | "heartbeat" | "pong";
  token?: string;
  rules?: Rule[];
  positions?: Position[];
  prices?: Price[];
  events?: { id: string; name: string }[];
}

export interface Wiring {
  url: string;
  channels: string[];
  onFrame: (frame: Frame) => void;
  onState: (state: SocketState) => void;
  /** Whether this browser has access again; asked when the socket is refused. */
  renew: () => Promise<boolean>;
  /** What the socket is opened with, asked each time: access changes. */
  protocols: () => string[];
  open?: (url: string, protocols: string[]) => WebSocket;
  random?: () => number;
}

const NOT_SIGNED_IN = 4401;
/** The server sends something every 15 s; a line silent for longer is dead even if nobody closed it. */
const SILENT_MS = 40_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

export class LiveSocket {
  private socket: WebSocket | null = null;
  private token: string | null = null;
  private failures = 0;
  private ended = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly wiring: Wiring) {}

  start(): void {
    this.ended = false;
    this.wiring.onState(this.token === null ? "connecting" : "reconnecting");
    this.connect();
  }

  stop(): void {
    this.ended = true;
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.socket?.close();
    this.socket = null;
  }

  /** Try at once: the page came back to the front, or the network did. */
  hurry(): void {
    if (this.ended || this.socket !== null) return;
    clearTimeout(this.timer);
    this.connect();
  }

  private connect(): void {
    const socket = (this.wiring.open ?? ((url, protocols) => new WebSocket(url, protocols)))(this.wiring.url, this.wiring.protocols());
    this.socket = socket;
    socket.addEventListener("open", () => {
      const after = this.token === null ? {} : { after: this.token };
      socket.send(JSON.stringify({ subscribe: this.wiring.channels, ...after }));
    });
    socket.addEventListener("message", (event) => {
      if (this.socket === socket) this.take(JSON.parse(String(event.data)) as Frame);
    });
    socket.addEventListener("close", (event) => {
      if (this.socket === socket) void this.closed(event.code);
    });
    this.listen();
  }

  private take(frame: Frame): void {
    this.listen();
    if (frame.token !== undefined && frame.token !== "") this.token = frame.token;
    if (frame.type === "snapshot" || frame.type === "changes") {
      this.failures = 0;
      this.wiring.onState("live");
    }
    this.wiring.onFrame(frame);
  }

  private listen(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      const silent = this.socket;
      void this.closed(0);
      silent?.close();
    }, SILENT_MS);
  }

  private async closed(code: number): Promise<void> {
    clearTimeout(this.silence);
    this.socket = null;
    if (this.ended) return;
    this.wiring.onState("reconnecting");
    if (code === NOT_SIGNED_IN) {
      let renewed: boolean | null;
      try {
        renewed = await this.wiring.renew();
      } catch {
        renewed = null; // nobody knows: the API does not answer
      }
      if (this.ended) return;
      if (renewed === false) {
        this.wiring.onState("signed_out");
        return;
      }
    }
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures);
    this.failures += 1;
    // Everybody's socket falls at once when the API restarts: come back spread out.
    this.timer = setTimeout(() => this.connect(), longest * (0.5 + (this.wiring.random ?? Math.random)() / 2));
  }
}
