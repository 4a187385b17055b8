/**
 * The public API for browsers, as one file without imports (`orrery-sim/browser`): for pages that have no bundler. With
 * one, `orrery-sim` itself works in a browser.
 */
export * from '../index.ts'
export { browserPlatform } from './browser-platform.ts'
