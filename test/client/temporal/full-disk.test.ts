import { checkDisk, explainedByDisk } from '../../../src/client/temporal/full-disk';
import { DroverError } from '../../../src/contract/errors';
import { fill, mayMount, smallDisk } from '../../support/small-disk';

const away = new DroverError('Unavailable', 'Temporal cannot be reached (shard status unknown)');

test('a server that cannot be reached on a full disk is reported so, with the way out', () => {
  const told = explainedByDisk(away, '.drover', (path) => path === '.drover');
  expect(told).toMatchObject({
    code: 'Unavailable',
    message: expect.stringMatching(
      /^the disk that holds \.drover is full, .*make room and try again \(Temporal/,
    ) as string,
  });
});

test('with room on the disk, and for refusals, the error stays what it is', () => {
  expect(explainedByDisk(away, '.drover', () => false)).toBe(away);
  const refused = new DroverError('AgentNotFound', 'agent f/a does not exist');
  for (const error of [refused, new Error('other')]) expect(explainedByDisk(error, '.drover', () => true)).toBe(error);
});

(mayMount() ? test : test.skip)('a disk without a byte is full', () => {
  const disk = smallDisk(1);
  if (disk === null) throw new Error('the disk could not be mounted');
  try {
    expect(explainedByDisk(away, disk.path)).toBe(away);
    checkDisk(disk.path);
    fill(disk.path);
    expect(() => {
      checkDisk(disk.path);
    }).toThrow(`the disk that holds ${disk.path} is full`);
    expect(explainedByDisk(away, disk.path)).toMatchObject({ message: expect.stringContaining('is full') as string });
  } finally {
    disk.remove();
  }
});
