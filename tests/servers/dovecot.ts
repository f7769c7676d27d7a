/** A real Dovecot in a folder of its own: IMAP (plain and STARTTLS), IMAPS, and LMTP delivery. */
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { createTransport } from 'nodemailer';

import {
  freePort,
  removeFolder,
  runAsNobody,
  serverFolder,
  startAsNobody,
  until,
  untilListening,
} from './support.ts';

export interface Dovecot {
  imapPort: number;
  imapsPort: number;
  lmtpPort: number;
  /** Users alice and bob; the password is the name with `-pa55` behind it. */
  passwordOf: (user: string) => string;
  /** Delivers raw mails into a user's INBOX (or `user+Folder`); done when the last one is in. */
  deliver: (user: string, ...mails: string[]) => Promise<void>;
  /** Stops the server; `resume` starts it again on the same ports with the same mails. */
  halt: () => Promise<void>;
  resume: () => Promise<void>;
  /** Runs Dovecot's own administration program on it. */
  doveadm: (...args: string[]) => Promise<string>;
  /** Throws a user's mails away; the mailbox comes back empty, with another UIDVALIDITY. */
  recreateMailbox: (user: string) => Promise<void>;
  stop: () => Promise<void>;
}

export async function startDovecot({ capability = '' } = {}): Promise<Dovecot> {
  const folder = serverFolder('dc');
  const [imapPort, imapsPort, lmtpPort] = [await freePort(), await freePort(), await freePort()];
  const configuration = join(folder, 'dovecot.conf');
  const passwordOf = (user: string): string => `${user}-pa55`;
  const users = ['alice', 'bob'].map((user) => `${user}:{PLAIN}${passwordOf(user)}\n`);
  writeFileSync(join(folder, 'users'), users.join(''));
  await runAsNobody('mkdir', ['-p', join(folder, 'run'), join(folder, 'mail')]);
  await runAsNobody('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')],
  ]);
  writeFileSync(
    configuration,
    configurationOf(folder, { imapPort, imapsPort, lmtpPort }, capability),
  );

  const masterPid = (): number => Number(readFileSync(join(folder, 'run', 'master.pid'), 'utf8'));
  const resume = async (): Promise<void> => {
    await startAsNobody('dovecot', ['-c', configuration]);
    for (const port of [imapPort, imapsPort, lmtpPort]) await untilListening(port);
  };
  const halt = async (): Promise<void> => {
    const pid = masterPid();
    signal(pid, 'SIGTERM');
    // The master may wait long seconds for its children, which share its process group.
    await sleep(500);
    signal(-pid, 'SIGKILL');
    await until('Dovecot to end', () => !signal(pid, 0));
  };
  const doveadm = (...args: string[]): Promise<string> =>
    runAsNobody('doveadm', ['-c', configuration, ...args]);

  await resume();
  return {
    imapPort,
    imapsPort,
    lmtpPort,
    passwordOf,
    halt,
    resume,
    doveadm,
    async deliver(user, ...mails) {
      const transport = createTransport({
        host: '127.0.0.1',
        port: lmtpPort,
        lmtp: true,
        ignoreTLS: true,
        pool: true,
      });
      const envelope = { from: 'sender@example.com', to: [`${user}@example.com`] };
      await Promise.all(mails.map((raw) => transport.sendMail({ envelope, raw })));
      transport.close();
    },
    async recreateMailbox(user) {
      await halt();
      await rm(join(folder, 'mail', user), { recursive: true, force: true });
      await resume();
    },
    async stop() {
      await halt().catch(() => undefined);
      await removeFolder(folder);
    },
  };
}

/** False when there is no such process (any more); signal 0 only asks. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

interface Ports {
  imapPort: number;
  imapsPort: number;
  lmtpPort: number;
}

/** All services as one unprivileged user, nothing outside the folder, no delay after a wrong login. */
function configurationOf(folder: string, ports: Ports, capability: string): string {
  const user = process.getuid?.() === 0 ? 'nobody' : (process.env.USER ?? 'nobody');
  const group = user === 'nobody' ? 'nogroup' : user;
  return `
base_dir = ${folder}/run
state_dir = ${folder}/run
log_path = ${folder}/log
protocols = imap lmtp
listen = 127.0.0.1
default_login_user = ${user}
default_internal_user = ${user}
default_internal_group = ${group}
first_valid_uid = 1
mail_location = maildir:${folder}/mail/%n
mail_home = ${folder}/mail/%n
auth_mechanisms = plain login
auth_failure_delay = 0
disable_plaintext_auth = no
recipient_delimiter = +
lmtp_save_to_detail_mailbox = yes
lda_mailbox_autocreate = yes
mail_max_userip_connections = 50
${capability === '' ? '' : `imap_capability = ${capability}`}
ssl = yes
ssl_cert = <${folder}/tls.crt
ssl_key = <${folder}/tls.key
ssl_dh =
mailbox_idle_check_interval = 1s
passdb {
  driver = passwd-file
  args = username_format=%n ${folder}/users
}
userdb {
  driver = static
  args = uid=${user} gid=${group} home=${folder}/mail/%n allow_all_users=yes
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    address = 127.0.0.1
    port = ${String(ports.imapPort)}
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = ${String(ports.imapsPort)}
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${String(ports.lmtpPort)}
  }
}
service auth {
  user = ${user}
}
service auth-worker {
  user = ${user}
}
service stats {
  user = ${user}
}
namespace inbox {
  inbox = yes
  separator = /
}
`;
}
