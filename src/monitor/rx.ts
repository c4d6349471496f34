/**
 * The part of RxJS that the streams here are made of.  Its main entry loads 250 files, which would be the
 * largest part of the service's start; these modules are what it exports them from.
 */

export type { Observable } from "rxjs/internal/Observable";
export { debounceTime } from "rxjs/internal/operators/debounceTime";
export { groupBy } from "rxjs/internal/operators/groupBy";
export { mergeMap } from "rxjs/internal/operators/mergeMap";
export { throttleTime } from "rxjs/internal/operators/throttleTime";
export { Subject } from "rxjs/internal/Subject";
export type { Subscription } from "rxjs/internal/Subscription";
export { asyncScheduler } from "rxjs/internal/scheduler/async";
export type { Observer, SchedulerLike } from "rxjs/internal/types";
