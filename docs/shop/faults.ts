/** What can go wrong in the shop, and the switches of this process. Switched by the shop, asked by whoever misbehaves. */

export const faults = {
  'card-declined': 'Meridian Bank restricts its cards; payments does not know that code and throws',
  'expired-session': 'auth answers with a null session when a token has expired; checkout-api reads from it',
  'n-plus-one': 'catalog-search looks up the price of each of 38 products by itself, without an index',
  'acquirer-timeout': 'the bank leaves every second request unanswered; payments gives up',
  'gc-stall': 'catalog-search rebuilds an index in memory every two seconds and stops answering meanwhile',
} as const;

export type FaultName = keyof typeof faults;

export const faultNames = Object.keys(faults) as readonly FaultName[];

export const isFaultName = (name: string): name is FaultName => Object.hasOwn(faults, name);

const switchedOn = new Set<FaultName>();

export const isFaulty = (name: FaultName): boolean => switchedOn.has(name);

export const switchFault = (name: FaultName, on: boolean): void => {
  if (on) switchedOn.add(name);
  else switchedOn.delete(name);
};
