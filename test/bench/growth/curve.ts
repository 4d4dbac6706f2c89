/** One line of a picture: how a figure moves with what grows. */
export interface Curve {
  readonly title: string;
  readonly unit: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** In the order of the page. */
export const GROWTH_IDS = ['waiting', 'workers', 'queues', 'payload'] as const;

/** What was grown, and every figure that was taken on the way. */
export interface Growth {
  readonly id: (typeof GROWTH_IDS)[number];
  readonly title: string;
  /** What the horizontal axis counts. */
  readonly x: string;
  readonly curves: readonly Curve[];
  /** Points that were left out, and why. */
  readonly leftOut: readonly string[];
}

/** Collects figures by title, point by point. */
export class Curves {
  readonly #curves = new Map<string, { unit: string; points: { x: number; y: number }[] }>();

  add(x: number, title: string, unit: string, y: number): void {
    const curve = this.#curves.get(title) ?? { unit, points: [] };
    curve.points.push({ x, y });
    this.#curves.set(title, curve);
  }

  all(): readonly Curve[] {
    return [...this.#curves].map(([title, curve]) => ({ title, ...curve }));
  }
}
