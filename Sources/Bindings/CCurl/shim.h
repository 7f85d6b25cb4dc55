#pragma once
#include <curl/curl.h>
#include <curl/multi.h>

/* curl_easy_setopt, curl_easy_getinfo, curl_multi_setopt and curl_share_setopt are variadic, which
   Swift cannot call. One wrapper for each kind of argument keeps the call type-checked. */

static inline CURLcode sf_easy_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode sf_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode sf_easy_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode sf_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

/* CURLU is imported as an opaque pointer, which has no implicit conversion to void *. */
static inline CURLcode sf_easy_set_url(CURL *easy, CURLU *url) {
    return curl_easy_setopt(easy, CURLOPT_CURLU, url);
}

static inline CURLcode sf_easy_set_headers(CURL *easy, struct curl_slist *list) {
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
}

static inline CURLcode sf_easy_set_recipients(CURL *easy, struct curl_slist *list) {
    return curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, list);
}

/* CURLOPT_READFUNCTION, CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION share one signature. */
typedef size_t (*sf_data_callback)(char *buffer, size_t size, size_t count, void *user);
static inline CURLcode sf_easy_set_data_callback(
    CURL *easy, CURLoption option, sf_data_callback callback) {
    return curl_easy_setopt(easy, option, callback);
}

static inline CURLcode sf_easy_set_prerequest_callback(
    CURL *easy, curl_prereq_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callback);
}

static inline CURLcode sf_easy_set_open_callback(CURL *easy, curl_opensocket_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}

typedef int (*sf_close_callback)(void *user, curl_socket_t socket);
static inline CURLcode sf_easy_set_close_callback(CURL *easy, sf_close_callback callback) {
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, callback);
}

static inline CURLcode sf_easy_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode sf_easy_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode sf_easy_get_private(CURL *easy, void **value) {
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, value);
}

static inline CURLMcode sf_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode sf_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}

typedef int (*sf_socket_callback)(
    CURL *easy, curl_socket_t socket, int what, void *user, void *socket_data);
static inline CURLMcode sf_multi_set_socket_callback(CURLM *multi, sf_socket_callback callback) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
}

typedef int (*sf_timer_callback)(CURLM *multi, long milliseconds, void *user);
static inline CURLMcode sf_multi_set_timer_callback(CURLM *multi, sf_timer_callback callback) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
}

/* The result sits in an anonymous union that Swift imports awkwardly. */
static inline CURLcode sf_message_result(CURLMsg *message) {
    return message->data.result;
}
