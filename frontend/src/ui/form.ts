/** Returns the length of a text as the API counts it: in Unicode code points. */
export function lengthOf(text: string): number {
  return [...text].length;
}

/** Moves the focus to the first input of a form that has an error, once the error is on the page. */
export function focusFirstInvalid(form: HTMLFormElement): void {
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
