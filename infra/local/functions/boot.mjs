// The inside of a Node.js worker: the same frames as boot.py, see there. Runs in its own process and imports nothing
// of ours. Handlers may be async, return a value, or call back; shapes of errors are those of Lambda's Node.js runtime,
// https://github.com/aws/aws-lambda-nodejs-runtime-interface-client.

import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import util from "node:util";

const READY = 1, RESULT = 2, ERROR = 3, LOGS = 4, INIT_ERROR = 5;
const FLUSH_MS = 100;
const [fd, parent, ...layers] = process.argv.slice(2);
const root = process.cwd();
const socket = new net.Socket({ fd: Number(fd), readable: true, writable: true });

let lines = [];
let requestId = "";

function frame(kind, body) {
  const head = Buffer.alloc(5);
  head.writeUInt8(kind, 0);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function takeLines() {
  if (lines.length === 0) return Buffer.alloc(0);
  const taken = lines;
  lines = [];
  return frame(LOGS, Buffer.from(JSON.stringify(taken)));
}

const log = (message) => lines.push([Date.now(), message]);
const send = (kind, body, done) => socket.write(Buffer.concat([takeLines(), frame(kind, body)]), done);

setInterval(() => {
  if (process.ppid !== Number(parent)) process.exit(1);
  if (lines.length > 0) socket.write(takeLines());
}, FLUSH_MS).unref();

for (const [name, level] of Object.entries({ log: "INFO", info: "INFO", debug: "DEBUG", trace: "TRACE", warn: "WARN", error: "ERROR" })) {
  console[name] = (...values) => log(`${new Date().toISOString()}\t${requestId || "undefined"}\t${level}\t${util.format(...values)}`);
}
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk, encoding, done) => {
    for (const line of String(chunk).replace(/\n$/, "").split("\n")) log(line);
    const callback = typeof encoding === "function" ? encoding : done;
    if (callback) callback();
    return true;
  };
}

const shown = (text) => String(text).replaceAll(root, "/var/task");

function describe(problem) {
  if (problem instanceof Error || (problem && problem.stack)) {
    return { errorType: problem.name || "Error", errorMessage: problem.message, trace: shown(problem.stack || "").split("\n") };
  }
  return { errorType: typeof problem, errorMessage: problem === undefined ? "undefined" : String(problem), trace: [] };
}

class InitFault extends Error {
  constructor(kind, message) {
    super(message);
    this.name = kind;
  }
}

async function loadModule(base) {
  for (const suffix of ["", ".js", ".mjs", ".cjs"]) {
    const file = base + suffix;
    if (!fs.existsSync(file) || fs.statSync(file).isDirectory()) continue;
    const isEsm = suffix === ".mjs" || (suffix === ".js" && packageIsModule(path.dirname(file)));
    return isEsm ? await import(pathToFileURL(file)) : createRequire(file)(file);
  }
  throw new InitFault("Runtime.ImportModuleError", `Error: Cannot find module '${path.basename(base)}'`);
}

function packageIsModule(folder) {
  for (let at = folder; at.startsWith(root); at = path.dirname(at)) {
    const file = path.join(at, "package.json");
    if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, "utf8")).type === "module";
  }
  return false;
}

async function loadHandler(name) {
  const match = /^(.*?)([^/]+)\.([^/]+)$/.exec(name);
  if (!match) throw new InitFault("Runtime.MalformedHandlerName", "Bad handler");
  const [, folder, module, exported] = match;
  let found;
  try {
    found = await loadModule(path.join(root, folder, module));
  } catch (problem) {
    if (problem instanceof SyntaxError) throw Object.assign(problem, { name: "Runtime.UserCodeSyntaxError" });
    if (problem.code === "MODULE_NOT_FOUND" || problem.code === "ERR_MODULE_NOT_FOUND") {
      throw new InitFault("Runtime.ImportModuleError", `Error: ${shown(problem.message)}`);
    }
    throw problem;
  }
  const handler = found[exported] ?? found.default?.[exported];
  if (handler === undefined) throw new InitFault("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof handler !== "function") throw new InitFault("Runtime.HandlerNotFound", `${name} is not a function`);
  return handler;
}

function contextOf(header, settle) {
  const env = process.env;
  return {
    awsRequestId: header.id,
    invokedFunctionArn: header.arn,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: header.client_context,
    identity: undefined,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, header.deadline_ms - Date.now()),
    done: settle,
    succeed: (result) => settle(null, result),
    fail: (problem) => settle(problem ?? "handled"),
  };
}

function call(handler, header, event) {
  return new Promise((resolve, reject) => {
    const settle = (problem, result) => (problem ? reject(problem) : resolve(result));
    const returned = handler(event, contextOf(header, settle), settle);
    if (returned && typeof returned.then === "function") returned.then(resolve, reject);
    else if (handler.length < 3 && returned !== undefined) resolve(returned);
    else if (handler.length < 2) resolve(returned);
  });
}

async function answer(handler, header, payload) {
  requestId = header.id;
  if (header.trace) process.env._X_AMZN_TRACE_ID = header.trace;
  let kind = RESULT, text;
  try {
    const result = await call(handler, header, JSON.parse(payload));
    try {
      text = JSON.stringify(result === undefined ? null : result);
    } catch (problem) {
      throw new InitFault("Runtime.MarshalError", `Unable to stringify response body: ${problem.message}`);
    }
  } catch (problem) {
    const error = describe(problem);
    log(`${new Date().toISOString()}\t${requestId}\tERROR\tInvoke Error \t${JSON.stringify({ ...error, stack: error.trace, trace: undefined })}`);
    [kind, text] = [ERROR, JSON.stringify(error)];
  }
  const peak = Buffer.alloc(4);
  peak.writeUInt32BE(Math.floor(process.memoryUsage.rss() / 1024)); // maxRSS begins with the size of the parent
  send(kind, Buffer.concat([peak, Buffer.from(text ?? "null")]));
}

function serve(handler) {
  let rest = Buffer.alloc(0);
  socket.on("data", (data) => {
    rest = rest.length ? Buffer.concat([rest, data]) : data;
    while (rest.length >= 8) {
      const headerSize = rest.readUInt32BE(0), total = 8 + headerSize + rest.readUInt32BE(4);
      if (rest.length < total) return;
      const header = JSON.parse(rest.subarray(8, 8 + headerSize));
      const payload = rest.subarray(8 + headerSize, total);
      rest = rest.subarray(total);
      answer(handler, header, payload);
    }
  });
  socket.on("end", () => process.exit(0));
}

socket.on("error", () => process.exit(1));
if (layers.length > 0) process.env.NODE_PATH = layers.join(":");
try {
  const handler = await loadHandler(process.env._HANDLER);
  serve(handler);
  send(READY, Buffer.alloc(0));
} catch (problem) {
  const error = describe(problem);
  log(`${new Date().toISOString()}\tundefined\tERROR\tUncaught Exception \t${JSON.stringify(error)}`);
  send(INIT_ERROR, Buffer.from(JSON.stringify(error)), () => process.exit(1));
}
