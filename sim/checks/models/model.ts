/**
 * What a model is: an object as it would be if calls came one at a time. Checkers of histories ask it one question: in
 * this state, can this call have ended as it did, and which state does it leave? Everything else is optional and makes
 * the search shorter, never its answer another.
 *
 * A model is deterministic: state and call give at most one next state. What a call may answer freely belongs into the
 * call (its recorded output), not into the model.
 */

/** One call of a process on the object. */
export interface Call {
  /** Who called; for objects that ask who, such as a mutex. */
  readonly process: string
  readonly name: string
  readonly input: unknown
  /** What it answered; undefined if nobody knows. */
  readonly output: unknown
  /**
   * Whether the call is known to have happened and to have answered `output`. If not, it may have taken effect at any
   * time since it began, or never.
   */
  readonly known: boolean
}

/** What a model knows of a call whatever the state; each part is optional. */
export interface Hint<S> {
  /**
   * The only state in which the call can have answered as it did; for a call of unknown outcome, the only one in which it
   * would change anything.
   */
  readonly from?: S
  /** If the call changes the state at all, it leaves this one. */
  readonly to?: S
  /** The call is possible in every state, and always leaves `to`. */
  readonly always?: boolean
  /** The call changes no state in which it is possible. */
  readonly reads?: boolean
}

/** A call and when it was, in the one order of all beginnings and ends; Infinity if nobody knows its end. */
export interface TimedCall extends Call {
  readonly from: number
  readonly to: number
}

/** What a model sees before a search begins. */
export interface Foresight<S> {
  /**
   * Asked after a call was placed and left `state`: true only if what remains can certainly not be placed any more.
   * `call` is its position among the calls that {@link Model.foresee} got; -1: nothing has been placed yet.
   */
  isInVain(call: number, state: S, isPlaced: (call: number) => boolean): boolean
  /** One state for all those that none of the calls can tell apart, such as contents that nobody read. */
  merge?(state: S): S
}

/** An object's sequential behaviour. States are immutable values, never undefined. */
export interface Model<S = unknown> {
  /** What people call it: `cas-register`. */
  readonly name: string
  /** The names of the calls that it knows. */
  readonly operations: readonly string[]
  readonly initial: S
  /**
   * The state after the call; the same if it changes nothing; undefined if the call cannot have answered so in `state`.
   * A call of unknown outcome is asked what it would do if it took effect now.
   */
  step(state: S, call: Call): S | undefined
  /** One text for equal states. Default: by what the state holds. */
  key?(state: S): string
  /** See {@link Hint}; default: nothing is known. */
  hint?(call: Call): Hint<S>
  /** Whether `step` and `hint` look at `call.process`. Default false. */
  readonly asksWho?: boolean
  /**
   * The part of the object that a call is about, if it neither looks at nor changes any other. When every call has
   * one, the parts are judged as objects of their own.
   */
  part?(call: Call): string | undefined
  /**
   * Looks at all calls on one object before the search begins, and tells it later which branches are in vain. Where real
   * time does not count, all calls last for ever. Default: a search without foresight.
   */
  foresee?(calls: readonly TimedCall[]): Foresight<S>
  /** What is wrong with a call that has the right name, as in "expected a pair"; undefined: nothing. */
  refuse?(call: Call): string | undefined
}

/** Hides the type of a model's states: those who judge need not know it. */
export type AnyModel = Model
