/** Reads of the log for people: whatever fails in one of them is no fault of who asked, and may go well later. */

/** The log does not answer. */
export class LogUnavailableError extends Error {
  override readonly name = 'LogUnavailableError';
}

/** @throws LogUnavailableError whatever fails. */
export const readLog = async <Result>(read: PromiseLike<Result>): Promise<Result> => {
  try {
    return await read;
  } catch (error) {
    throw new LogUnavailableError('The log does not answer.', { cause: error });
  }
};
