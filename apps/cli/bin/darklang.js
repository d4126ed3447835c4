#!/usr/bin/env node
import { launch } from "@darksync/node/launch";

await launch("darklang", new URL("../dist/main.js", import.meta.url));
