/** Where a page broke: the rest stays, and there is a way on. */
import { Component, type ReactNode } from "react";
import { Failure } from "./parts";

interface Held {
  error: unknown;
  broken: boolean;
}

/** Give it a key that changes with what it holds, so that another page begins whole. */
export class Boundary extends Component<{ children: ReactNode }, Held> {
  override state: Held = { error: null, broken: false };

  static getDerivedStateFromError(error: unknown): Held {
    return { error, broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return <Failure error={this.state.error} again={() => this.setState({ error: null, broken: false })} />;
  }
}
