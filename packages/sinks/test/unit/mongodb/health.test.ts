// What is made of a server's answers about rights and limits.
import { describe, expect, test } from 'vitest';
import { deniedOf, nearLimits, needsOf } from '../../../src/mongodb/health.ts';
import { shapeOf } from '../../../src/mongodb/shape.ts';
import { target } from '../../../src/testing/index.ts';

const all = ['find', 'insert', 'update', 'remove', 'collStats'];
const user = [{ user: 'folder', db: 'admin' }];
const needs = [{ collection: 'orders', actions: ['find', 'insert'] }];
const may = (resource: object, actions: readonly string[]) => ({ resource, actions });

describe('a user', () => {
  test.for<[string, object | undefined, readonly string[]]>([
    ['of a server that says nothing', undefined, []],
    ['who is nobody, where nobody asks', { authenticatedUsers: [], authenticatedUserPrivileges: [] }, []],
    ['whose privileges are not listed', { authenticatedUsers: user }, []],
    ['with a role for the database', { authenticatedUsers: user, authenticatedUserPrivileges: [may({ db: 'shop', collection: '' }, all)] }, []],
    ['with a role for every database', { authenticatedUsers: user, authenticatedUserPrivileges: [may({ db: '', collection: '' }, all)] }, []],
    ['with a role for the collection', { authenticatedUsers: user, authenticatedUserPrivileges: [may({ db: 'shop', collection: 'orders' }, all)] }, []],
    ['who may everything', { authenticatedUsers: user, authenticatedUserPrivileges: [may({ anyResource: true }, ['anyAction'])] }, []],
    [
      'with two roles that make one',
      {
        authenticatedUsers: user,
        authenticatedUserPrivileges: [may({ db: 'shop', collection: '' }, ['find']), may({ db: '', collection: 'orders' }, ['insert'])],
      },
      [],
    ],
    [
      'who only reads',
      { authenticatedUsers: user, authenticatedUserPrivileges: [may({ db: 'shop', collection: '' }, ['find']), may({ cluster: true }, ['insert'])] },
      ['insert on "orders"'],
    ],
    [
      'of another database',
      { authenticatedUsers: user, authenticatedUserPrivileges: [may({ db: 'else', collection: '' }, all)] },
      ['find, insert on "orders"'],
    ],
    [
      'of another collection',
      { authenticatedUsers: user, authenticatedUserPrivileges: [may({ db: 'shop', collection: 'else' }, all)] },
      ['find, insert on "orders"'],
    ],
    ['without any role', { authenticatedUsers: user, authenticatedUserPrivileges: [] }, ['find, insert on "orders"']],
  ])('%s', ([, authInfo, denied]) => {
    expect(deniedOf(authInfo === undefined ? {} : { authInfo }, 'shop', needs)).toEqual(denied);
  });

  test('needs what the sink does, and no more', () => {
    const shapes = [shapeOf(target('orders'), 'shop'), shapeOf(target('events', { key: [] }), 'shop')];
    expect(needsOf(shapes, true).map(({ collection, actions }) => `${collection}: ${actions.join(' ')}`)).toEqual([
      'shardfold_floors: find insert update',
      'shardfold_dead_letters: find insert update remove',
      'orders: find insert update remove',
      'orders__tombstones: find insert update remove',
      'events: find insert update remove',
    ]);
    expect(needsOf([], false).map(({ collection }) => collection)).toEqual(['shardfold_floors']);
  });
});

test.for<[string, object, object, readonly RegExp[]]>([
  ['nothing is told', {}, {}, []],
  ['there is room', { fsUsedSize: 89, fsTotalSize: 100 }, { connections: { current: 89, available: 11 } }, []],
  ['the disk is nearly full', { fsUsedSize: 959, fsTotalSize: 1_000 }, {}, [/disk is 95 % full/]],
  ['the connections are nearly used up', {}, { connections: { current: 180, available: 20 } }, [/^180 of the 200 connections/]],
  ['it has no size', { fsUsedSize: 0, fsTotalSize: 0 }, { connections: { current: 0, available: 0 } }, []],
])('limits: %s', ([, size, server, problems]) => {
  expect(nearLimits(size, server)).toEqual(problems.map((problem) => expect.stringMatching(problem)));
});
