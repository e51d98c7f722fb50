/** Packets that do not arrive. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Attachment, openNetwork } from '../network.ts';
import type { Row } from '../row.ts';

/** Of the world that a row runs in, one at a time. */
let attachments: Attachment[] = [];

const sendersCutOff: Row = {
  name: 'network between senders and Syntra cut',
  modes: ['embedded'],
  needs: ['root'],
  timeoutMs: 1_000,
  world: async () => {
    const network = await openNetwork();
    const attachment = await network.attach();
    attachments = [attachment];
    return { host: attachment.host, wrapper: attachment.wrapper, onClose: network.close };
  },
  async run({ load, level }) {
    const [attachment] = attachments;
    for (const cutMs of [level.otherOutageMs / 2, level.otherOutageMs]) {
      await attachment!.cut();
      await sleep(cutMs);
      await attachment!.heal();
      await load.acknowledges(2_000);
    }
    return `cut twice, for ${level.otherOutageMs / 1000} s at most`;
  },
};

export const rows: readonly Row[] = [sendersCutOff];
