/** The organisation and the projects that every installation has. */

export const defaultTenant = { org: 'org_default', project: 'prj_default' } as const;
/** Where Syntra reports its own traces, logs and metrics. */
export const ownTenant = { org: 'org_default', project: 'prj_syntra' } as const;
