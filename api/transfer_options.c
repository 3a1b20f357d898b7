/* SPDX-License-Identifier: MIT */
/* api/transfer_options.c - curl's options that hold for every connection */
#include "api/client.h"

/* Servers close connections that are idle for a minute. A request sent just
 * then is lost and, unless it is a GET, must not be resent. */
#define IDLE_S 30

#define SET(option, value)                                                     \
	do {                                                                   \
		CURLcode set_ = curl_easy_setopt(easy, option, value);         \
		if (set_ != CURLE_OK)                                          \
			return set_;                                           \
	} while (0)

CURLcode transfer_defaults(CURL *easy, const struct api *api)
{
	SET(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, api->is_tls ? "https" : "http");
#else
	SET(CURLOPT_PROTOCOLS,
		(long)(api->is_tls ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
#endif
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_MAXAGE_CONN, (long)IDLE_S);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_ACCEPT_ENCODING, "gzip");
	SET(CURLOPT_USERAGENT, api->config.user_agent);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* do not wait for a name lookup in progress */
	SET(CURLOPT_QUICK_EXIT, 1L);
#endif
	if (api->config.cacert) {
		SET(CURLOPT_CAINFO, api->config.cacert);
		SET(CURLOPT_CAPATH, NULL);
	}
	if (api->is_tls) {
		SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
		SET(CURLOPT_PIPEWAIT, 1L);
	} else {
		SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
		/* plain http must not leave the loopback interface */
		SET(CURLOPT_PROXY, "");
	}
	return CURLE_OK;
}
