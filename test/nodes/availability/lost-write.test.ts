import { expect, it } from 'vitest'
import { defineNode, scenario, simulate } from '../../../index.ts'
import { availableAtLeast, client, noWriteLost } from '../../../nodes/availability/index.ts'
import { connect, coordinationServer } from '../../../nodes/coordination/index.ts'
import type { Servers } from '../../../nodes/recipes/index.ts'

/** Somebody puts a register back to what it was, as a service that forgot its last writes would. */
const forger = defineNode<object, { readonly servers: Servers }>()({
  kind: 'forger',
  async start(node) {
    const session = await connect(node, node.config.servers, { sessionTimeout: '10s' })
    await node.sleep('3s')
    await session.setData('/registers/0', '1')
  },
})

it('notices that what was acknowledged is gone', async () => {
  const { checks, failures } = await simulate(
    scenario({
      name: 'forgetful',
      summary: 'a register that goes back',
      cluster({ add, addOne, network }) {
        network({ delay: '2ms' })
        const servers = add(coordinationServer, 1, { tick: 500 })
        // Writes seldom, and so reads what was forged before it writes again.
        add(client, 1, { servers, sessionTimeout: '10s', interval: '700ms', deadline: '500ms' })
        addOne(forger, { servers })
      },
      checks: [noWriteLost(), ...availableAtLeast(0.9)],
      until: '10s',
    }),
  )
  expect(failures).toEqual([])
  expect(checks.map(({ verdict }) => verdict)).toEqual(['violated', 'held', 'held'])
})
