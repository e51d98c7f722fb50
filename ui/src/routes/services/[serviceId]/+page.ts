/** One file for the pages of all services. */
export const entries = (): { serviceId: string }[] => [{ serviceId: '_' }];
