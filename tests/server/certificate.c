/* SPDX-License-Identifier: MIT */
/* tests/server/certificate.c - creates a test CA and a certificate */
#include "certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "folder.h"

enum {
	DAY = 24 * 60 * 60,
	VALID_DAYS = 825,
};

static const char names[] = "DNS:localhost,IP:127.0.0.1,"
			    "DNS:api.unsandbox.com,DNS:unsandbox.com";

struct extension {
	int nid;
	const char *value;
};

static const struct extension ca_extensions[] = {
	{ NID_basic_constraints, "critical,CA:TRUE" },
	{ NID_key_usage, "critical,keyCertSign,cRLSign" },
	{ NID_subject_key_identifier, "hash" },
	{ 0, NULL },
};

static const struct extension leaf_extensions[] = {
	{ NID_basic_constraints, "critical,CA:FALSE" },
	{ NID_key_usage, "critical,digitalSignature" },
	{ NID_ext_key_usage, "serverAuth" },
	{ NID_subject_alt_name, names },
	{ NID_authority_key_identifier, "keyid" },
	{ 0, NULL },
};

static bool extensions_add(
	X509 *cert, X509 *issuer, const struct extension *list)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	int added;

	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&context);
	for (; list->value; list++) {
		extension = X509V3_EXT_conf_nid(
			NULL, &context, list->nid, list->value);
		added = extension && X509_add_ext(cert, extension, -1);
		X509_EXTENSION_free(extension);
		if (!added)
			return false;
	}
	return true;
}

static bool serial_set(X509 *cert)
{
	unsigned char bytes[8];
	BIGNUM *number;
	bool good;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] &= 0x7f;
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	good = number &&
		BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
	BN_free(number);
	return good;
}

/* issuer NULL: self-signed. */
static X509 *cert_new(const char *name, EVP_PKEY *key, X509 *issuer,
	EVP_PKEY *issuer_key, const struct extension *extensions)
{
	X509 *cert = X509_new();
	bool good = cert && X509_set_version(cert, 2) && serial_set(cert) &&
		X509_gmtime_adj(X509_getm_notBefore(cert), -DAY) &&
		X509_gmtime_adj(
			X509_getm_notAfter(cert), (long)VALID_DAYS * DAY) &&
		X509_set_pubkey(cert, key) &&
		X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
			MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) &&
		X509_set_issuer_name(
			cert, X509_get_subject_name(issuer ? issuer : cert)) &&
		extensions_add(cert, issuer ? issuer : cert, extensions) &&
		X509_sign(cert, issuer_key, EVP_sha256());

	if (good)
		return cert;
	X509_free(cert);
	return NULL;
}

static bool write_pem(
	const char *dir, const char *name, X509 *cert, EVP_PKEY *key)
{
	char path[4096];
	FILE *file;
	int fd, good;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		key ? 0600 : 0644);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return false;
	good = cert
		? PEM_write_X509(file, cert)
		: PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	return fclose(file) == 0 && good;
}

static bool make_all(const char *dir)
{
	EVP_PKEY *ca_key = EVP_EC_gen("P-256");
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *ca = NULL, *cert = NULL;
	bool good;

	if (ca_key && key)
		ca = cert_new("stand-in test CA", ca_key, NULL, ca_key,
			ca_extensions);
	if (ca)
		cert = cert_new("localhost", key, ca, ca_key, leaf_extensions);
	good = cert && write_pem(dir, "ca.pem", ca, NULL) &&
		write_pem(dir, "cert.pem", cert, NULL) &&
		write_pem(dir, "key.pem", NULL, key);
	X509_free(cert);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
	return good;
}

int certificate_make(const char *dir)
{
	static const char *const files[] = { "ca.pem", "cert.pem", "key.pem" };
	char path[4096];
	int err = folder_make(dir), i, found = 0;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		found += access(path, R_OK) == 0;
	}
	if (err || found == 3)
		return err;
	return make_all(dir) ? 0 : -EIO;
}
