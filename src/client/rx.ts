/** The part of RxJS that the client is made of, without its main entry; see `src/monitor/rx.ts`. */

export { Observable } from "rxjs/internal/Observable";
export { Subject } from "rxjs/internal/Subject";
