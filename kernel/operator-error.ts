/** Something that whoever runs the program can put right. The message is one sentence that says how; no stack helps. */
export class OperatorError extends Error {
  override name = 'OperatorError';
}
