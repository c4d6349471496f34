/**
 * Tells HTTP from QMP by the first bytes of a connection.
 *
 * Any web page can make a browser on this machine send a request to a loopback port; the monitor's parser
 * would step over the request line and the headers and run the body.  A request line is a method, a
 * space and a target (RFC 9112, section 3); no QMP message begins like that.  The well-known methods are
 * refused at the space.  A page that has rebound its host name to a loopback address may send a method of
 * its own making, so any other token is refused when a space and the slash of a path follow.
 */

/** Longest method looked at.  A longer first word is neither QMP nor a method that anything serves. */
const METHOD_LENGTH_MAX = 64;

const METHOD_KNOWN = /^(?:GET|POST|PUT|HEAD|OPTIONS|DELETE|CONNECT|PATCH|TRACE) /;
/** RFC 9110, section 5.6.2: the characters of a token. */
const METHOD_ANY = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ \//;
const METHOD_PREFIX = /^[!#$%&'*+.^_`|~0-9A-Za-z-]* ?$/;

/** `undecided`: ask again with more bytes. */
export type HttpVerdict = "http" | "other" | "undecided";

/** Judges `start`, all that a connection has sent so far. */
export function judgeFirstBytes(start: Uint8Array): HttpVerdict {
  // Two more than the longest method: the space and the slash.
  const text = Buffer.from(
    start.buffer,
    start.byteOffset,
    Math.min(start.length, METHOD_LENGTH_MAX + 2),
  ).toString("latin1");
  if (METHOD_KNOWN.test(text) || METHOD_ANY.test(text)) return "http";
  if (!METHOD_PREFIX.test(text)) return "other";
  return text.length > METHOD_LENGTH_MAX + 1 ? "http" : "undecided";
}
