/** Ends the session and starts over, so that nothing of it stays in memory. */
import { deleteSession } from '../api.ts';

export const signOut = async (): Promise<void> => {
  await deleteSession();
  location.assign('/sign-in');
};
