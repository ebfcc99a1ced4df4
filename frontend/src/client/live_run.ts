/** A run that a service is busy with. */

/** Its id is known from the beginning, or once the server has answered. */
export class LiveRun {
  id: string | null;
  #isOver = false;
  readonly #waiting: (() => void)[] = [];

  constructor(id: string | null = null) {
    this.id = id;
  }

  know(runId: string | null): void {
    this.id ??= runId;
    if (this.id !== null) this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Resolve with the id once it is known, with null where the run ended before. */
  async known(): Promise<string | null> {
    if (this.id === null && !this.#isOver) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.id;
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
