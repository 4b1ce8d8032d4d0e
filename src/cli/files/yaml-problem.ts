/** One problem; `offset` counts characters from the start. */
export interface YamlProblem {
  readonly offset: number;
  readonly detail: string;
}
