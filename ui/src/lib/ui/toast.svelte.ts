/** One short message that something invisible was done: "Link copied". Never for what the page itself shows. */
const shownForMs = 2500;

let current = $state<string | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export const toast = {
  get current(): string | null {
    return current;
  },
  show(message: string): void {
    clearTimeout(timer);
    current = message;
    timer = setTimeout(() => {
      current = null;
    }, shownForMs);
  },
};
