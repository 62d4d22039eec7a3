#!/usr/bin/env node
/** The only executable: it opens the cache of compiled code, and hands over to the command line. */
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

// Compiled code is kept between starts: a restart after a crash must not spend its first second compiling. In the owner's own cache
// directory, since whoever may write there decides what runs.
enableCompileCache(join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tripline"));

// Imported only now: what a static import brings is compiled before there is a cache.
await import("./cli.ts");
