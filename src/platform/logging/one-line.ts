/** Characters that end a line, steer a terminal or turn the direction of reading. */
// oxlint-disable-next-line no-control-regex
const steering = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text that stays on its line, whatever a customer calls himself: `a\nb` is written as `a\u000ab`. */
export const oneLine = (text: string): string =>
  text.replaceAll(steering, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The same for one value of a line whose fields are parted by ` | `. */
export const oneField = (text: string): string => oneLine(text).replaceAll('|', String.raw`\u007c`);
