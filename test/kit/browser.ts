// A real Chromium for tests, out of the npm registry alone: unpacked once beside node_modules, with the libraries and
// fonts it needs, so that nothing has to be installed on the machine. How a page is driven is in graphiql-page.ts.
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type LaunchOptions } from 'playwright-core';

const run = promisify(execFile);

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--font-render-hinting=none',
];

// The one in the package looks for its fonts in /tmp.
const fontsConf = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

/**
 * Starts a headless Chromium with an empty profile; close it with `browser.close()`, which also removes the profile. It
 * does not outlive the test process. The first call on a machine takes about two seconds longer. Where the package has no
 * Chromium (it is built for Linux on x64), an installed Chrome is started.
 */
export async function launchBrowser(): Promise<Browser> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return await chromium.launch({ channel: 'chrome', args: flags });
  }
  const options = await unpackedChromium();
  // On a busy machine it now and then dies while it starts.
  return await chromium.launch(options).catch(() => chromium.launch(options));
}

async function unpackedChromium(): Promise<LaunchOptions> {
  const folder = resolve('node_modules/.cache/chromium-147.0.0');
  const isUnpacked = await access(folder).then(
    () => true,
    () => false,
  );
  if (!isUnpacked) await unpackTo(folder);
  return {
    executablePath: join(folder, 'chromium'),
    args: flags,
    env: {
      HOME: folder,
      XDG_CACHE_HOME: folder,
      LD_LIBRARY_PATH: join(folder, 'al2023/lib'),
      FONTCONFIG_FILE: join(folder, 'fonts/fonts.conf'),
    },
  };
}

/** Unpacks into a folder of its own and renames it when complete, so that test processes may do this at the same time. */
async function unpackTo(folder: string): Promise<void> {
  await mkdir(join(folder, '..'), { recursive: true });
  const staging = await mkdtemp(`${folder}-`);
  try {
    // The package unpacks to the temporary directory of its process, and its libraries only where it believes to be in
    // Amazon's cloud.
    const code = `import chromium from ${JSON.stringify(import.meta.resolve('@sparticuz/chromium'))};
      await chromium.executablePath();`;
    const env = { TMPDIR: staging, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' };
    await run(process.execPath, ['--input-type=module', '--eval', code], { env });
    await writeFile(join(staging, 'fonts/fonts.conf'), fontsConf);
    await rename(staging, folder).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
