/** The state store does not answer; what it knows cannot be told now, but may be later. */
export class StateUnavailableError extends Error {
  override readonly name = 'StateUnavailableError';
}

/** Of reads alone: whatever fails in one of them is no fault of who asked. */
export const orUnavailable = async <Result>(read: PromiseLike<Result>): Promise<Result> => {
  try {
    return await read;
  } catch (error) {
    throw new StateUnavailableError('The state store does not answer.', { cause: error });
  }
};
