/* SPDX-License-Identifier: MIT */
/* fs/readme.c - the README at the root of the mount */
#include "fs/readme.h"

const char readme_text[] =
	"unsandbox.com as files. Paths below are from the root of this mount.\n"
	"\n"
	"  run/               save a script here and it runs in a fresh sandbox\n"
	"  run/NAME.job/      stdout, stderr, exit_code, status, artifacts/ ...\n"
	"  run/.settings/     ttl, vcpu, network_mode, env ... of what runs here\n"
	"  jobs/new/          save a script here: an asynchronous job\n"
	"  jobs/ID/           a job; cancel stops it, rmdir forgets it\n"
	"  jobs/latest        the job that was submitted last\n"
	"  languages          what can be run\n"
	"  key/               the key: tier, limits, expiry\n"
	"  .unsandboxfs/      this mount: stats, log, errors, config, refresh\n"
	"\n"
	"Five commands to try:\n"
	"\n"
	"  echo 'print(6 * 7)' > run/six.py && cat run/six.py.job/stdout\n"
	"  echo 30 > run/.settings/ttl\n"
	"  cp main.rs jobs/new/ && cat jobs/latest/stdout\n"
	"  echo 1 > jobs/latest/cancel\n"
	"  tail -n 3 .unsandboxfs/errors\n"
	"\n"
	"Files that are not programs are input files for the programs beside\n"
	"them. Reading stdout, stderr and exit_code waits for a job that is\n"
	"going on. What the API refuses, the close reports; why stands in\n"
	"NAME.job/error and .unsandboxfs/errors. See unsandboxfs(5).\n";
