import { Component, type ReactNode } from "react";
import { words } from "../core/bidi";
import { Button } from "./Button";
import { Empty } from "./Empty";

interface ErrorBoundaryProps {
  /** What cannot be shown then, as the beginning of a sentence: "The Deck". */
  readonly what: string;
  /** Without it the page has nothing. */
  readonly page?: boolean;
  /** Another try is made when this changes: the route, say. */
  readonly about?: unknown;
  readonly children: ReactNode;
}

interface Caught {
  readonly words: string | null;
}

/** An error while rendering costs its own part of the page, not all of it. (React has no hook for this.) */
export class ErrorBoundary extends Component<ErrorBoundaryProps, Caught> {
  override readonly state: Caught = { words: null };

  static getDerivedStateFromError(error: unknown): Caught {
    return { words: String(error) };
  }

  override componentDidUpdate({ about }: ErrorBoundaryProps): void {
    if (this.state.words !== null && about !== this.props.about) this.setState({ words: null });
  }

  override render(): ReactNode {
    if (this.state.words === null) return this.props.children;
    return (
      <Empty page={this.props.page ?? false} icon="warning" title={words`${this.props.what} cannot be shown`}>
        <p>Something went wrong in this page: {this.state.words}</p>
        <Button icon="retry" onClick={() => window.location.reload()}>
          Reload the page
        </Button>
      </Empty>
    );
  }
}
