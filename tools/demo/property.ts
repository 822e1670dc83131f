/** One property that differs between the plans or the devices of the invented product. */
export type Property = {
  slug: string;
  document: string;
  tags: string[];
  /** Questions with `{x}` for the plan or device. */
  questions: string[];
  /** The value for each plan or device, as a sentence. */
  answers: Record<string, string>;
};
