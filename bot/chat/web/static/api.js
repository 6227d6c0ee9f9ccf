// The server's HTTP face. Every failure arrives as a Refusal with words to show.

import { t } from "./text.js";

export class Refusal extends Error {
  constructor(status, text, tryInstead) {
    super(text);
    this.status = status;
    this.tryInstead = tryInstead ?? null;
  }
}

let personId = null;

/** Who this tab is; null where the server knows it by its session cookie, or nobody was picked. */
export function setPerson(id) {
  personId = id;
}

export const person = () => personId;

let signedOut = null;

/** `told()`: the server does not know this browser (any more). Null: nobody wants to hear. */
export function whenSignedOut(told) {
  signedOut = told;
}

async function call(path, { body, file, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (personId) headers["X-Showcaller-As"] = personId;
  if (body) headers["Content-Type"] = "application/json";
  if (file) headers["Content-Type"] = file.type || "application/octet-stream";
  let response;
  try {
    response = await fetch(`api/${path}`, {
      method: body || file ? "POST" : "GET", headers, body: file ?? (body && JSON.stringify(body)), signal, cache: "no-store",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, t("web.error.offline"));
  }
  const data = await response.json().catch(() => null);
  if (response.status === 401) signedOut?.();
  if (!response.ok || data === null) throw new Refusal(response.status, data?.error ?? t("web.error.server", { status: response.status }), data?.try);
  return data;
}

const query = (params) => new URLSearchParams(params).toString();

/** The page's words before it is known who reads them; 404 where there is no sign-in. */
export const welcome = () => call("welcome");
export const look = (code) => call("join/look", { body: { code } });
export const join = (code, name) => call("join", { body: { code, name } });
export const sessions = () => call("sessions");
/** This browser's session; `session`: another one of one's own; `everywhere`: all of them. */
export const signOut = ({ session, everywhere }) => call("signout", { body: { session, everywhere } });
export const me = () => call("me");
export const people = () => call("people");
export const pick = (id) => call("pick", { body: { person: id } });
export const guide = () => call("guide");
export const channels = () => call("channels");
export const messages = (channel, after) => call(`messages?${query({ channel, after })}`);
/** `nonce`: the same for every try of one line, so that a lost answer never makes it two. */
export const say = (channel, text, nonce) => call("say", { body: { channel, text, nonce } });
/** A plan file; resolves with its id. */
export const upload = async (file) => (await call(`upload?${query({ name: file.name })}`, { file })).upload;
export const press = (messageId, buttonId, fields) =>
  call("press", { body: { message_id: messageId, button_id: buttonId, fields } });
export const complete = (text, channel, signal) => call(`complete?${query({ text, channel })}`, { signal });
