/* Pins the layout of plugin ABI 1.1 on 64-bit machines. Structs grow only at their end: then a SIZE line
   changes, together with BUS_ABI_MINOR, and new AT lines come. If an AT or IS line fails, the change breaks
   plugins built before. */
#include "bus/plugin.h"

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "sizeof " #type)
#define AT(type, field, bytes) _Static_assert(offsetof(type, field) == (bytes), #type "." #field)
#define IS(constant, value) _Static_assert((int)(constant) == (value), #constant)

SIZE(bus_text, 16);
AT(bus_text, ptr, 0);
AT(bus_text, len, 8);

SIZE(bus_error, 248);
AT(bus_error, size, 0);
AT(bus_error, code, 4);
AT(bus_error, message, 8);

SIZE(bus_task, 264);
AT(bus_task, size, 0);
AT(bus_task, flags, 4);
AT(bus_task, attempt, 8);
AT(bus_task, state, 12);
AT(bus_task, result, 16);
AT(bus_task, exit_code, 20);
AT(bus_task, started_us, 24);
AT(bus_task, ended_us, 32);
AT(bus_task, id, 40);
AT(bus_task, kind, 56);
AT(bus_task, name, 72);
AT(bus_task, scope, 88);
AT(bus_task, ref, 104);
AT(bus_task, sha, 120);
AT(bus_task, change, 136);
AT(bus_task, url, 152);
AT(bus_task, actor, 168);
AT(bus_task, worker, 184);
AT(bus_task, parent, 200);
AT(bus_task, blocked_on, 216);
AT(bus_task, detail, 232);
AT(bus_task, signal, 248);

SIZE(bus_event, 136);
AT(bus_event, size, 0);
AT(bus_event, flags, 4);
AT(bus_event, time_us, 8);
AT(bus_event, type, 16);
AT(bus_event, scope, 32);
AT(bus_event, subject, 48);
AT(bus_event, key, 64);
AT(bus_event, summary, 80);
AT(bus_event, data, 96);
AT(bus_event, raw, 112);
AT(bus_event, task, 128);

SIZE(bus_receipt, 216);
AT(bus_receipt, size, 0);
AT(bus_receipt, code, 4);
AT(bus_receipt, seq, 8);
AT(bus_receipt, effect, 16);
AT(bus_receipt, flags, 20);
AT(bus_receipt, id, 24);
AT(bus_receipt, message, 51);

SIZE(bus_host, 104);
AT(bus_host, size, 0);
AT(bus_host, abi_minor, 4);
AT(bus_host, self, 8);
AT(bus_host, name, 16);
AT(bus_host, emit, 32);
AT(bus_host, post, 40);
AT(bus_host, log, 48);
AT(bus_host, now_us, 56);
AT(bus_host, report_state, 64);
AT(bus_host, setting_count, 72);
AT(bus_host, setting_text, 80);
AT(bus_host, setting_int, 88);
AT(bus_host, get_extension, 96);

SIZE(bus_source, 48);
AT(bus_source, size, 0);
AT(bus_source, reserved, 4);
AT(bus_source, self, 8);
AT(bus_source, start, 16);
AT(bus_source, stop, 24);
AT(bus_source, destroy, 32);
AT(bus_source, get_extension, 40);

SIZE(bus_record, 80);
AT(bus_record, size, 0);
AT(bus_record, effect, 4);
AT(bus_record, seq, 8);
AT(bus_record, received_us, 16);
AT(bus_record, id, 24);
AT(bus_record, source, 40);
AT(bus_record, json, 56);
AT(bus_record, event, 72);

SIZE(bus_batch, 24);
AT(bus_batch, size, 0);
AT(bus_batch, count, 4);
AT(bus_batch, stride, 8);
AT(bus_batch, flags, 12);
AT(bus_batch, records, 16);

SIZE(bus_delivery, 256);
AT(bus_delivery, size, 0);
AT(bus_delivery, accepted, 4);
AT(bus_delivery, retry_after_us, 8);
AT(bus_delivery, message, 16);

SIZE(bus_sink, 56);
AT(bus_sink, size, 0);
AT(bus_sink, reserved, 4);
AT(bus_sink, self, 8);
AT(bus_sink, start, 16);
AT(bus_sink, deliver, 24);
AT(bus_sink, stop, 32);
AT(bus_sink, destroy, 40);
AT(bus_sink, get_extension, 48);

SIZE(bus_option, 40);
AT(bus_option, name, 0);
AT(bus_option, default_value, 8);
AT(bus_option, help, 16);
AT(bus_option, type, 24);
AT(bus_option, flags, 28);
AT(bus_option, choices, 32);

SIZE(bus_plugin, 88);
AT(bus_plugin, abi_major, 0);
AT(bus_plugin, abi_minor, 4);
AT(bus_plugin, size, 8);
AT(bus_plugin, role, 12);
AT(bus_plugin, name, 16);
AT(bus_plugin, version, 24);
AT(bus_plugin, summary, 32);
AT(bus_plugin, event_types, 40);
AT(bus_plugin, options, 48);
AT(bus_plugin, event_type_count, 56);
AT(bus_plugin, option_count, 60);
AT(bus_plugin, option_stride, 64);
AT(bus_plugin, reserved, 68);
AT(bus_plugin, create_source, 72);
AT(bus_plugin, create_sink, 80);

SIZE(bus_webhook_route, 72);
AT(bus_webhook_route, path, 0);
AT(bus_webhook_route, methods, 8);
AT(bus_webhook_route, body_cap, 16);
AT(bus_webhook_route, signature, 24);
AT(bus_webhook_route, reserved, 28);
AT(bus_webhook_route, secret, 32);
AT(bus_webhook_route, header, 40);
AT(bus_webhook_route, prefix, 48);
AT(bus_webhook_route, hash, 56);
AT(bus_webhook_route, encoding, 60);
AT(bus_webhook_route, tolerance_us, 64);

SIZE(bus_header, 32);
AT(bus_header, name, 0);
AT(bus_header, value, 16);

SIZE(bus_webhook_request, 96);
AT(bus_webhook_request, size, 0);
AT(bus_webhook_request, route, 4);
AT(bus_webhook_request, method, 8);
AT(bus_webhook_request, path, 24);
AT(bus_webhook_request, query, 40);
AT(bus_webhook_request, headers, 56);
AT(bus_webhook_request, header_count, 64);
AT(bus_webhook_request, body, 72);
AT(bus_webhook_request, received_us, 88);

SIZE(bus_webhook_reply, 24);
AT(bus_webhook_reply, size, 0);
AT(bus_webhook_reply, status, 4);
AT(bus_webhook_reply, body, 8);

SIZE(bus_webhook, 32);
AT(bus_webhook, size, 0);
AT(bus_webhook, route_count, 4);
AT(bus_webhook, route_stride, 8);
AT(bus_webhook, reserved, 12);
AT(bus_webhook, routes, 16);
AT(bus_webhook, on_request, 24);

SIZE(bus_intake_reply, 24);
AT(bus_intake_reply, size, 0);
AT(bus_intake_reply, reserved, 4);
AT(bus_intake_reply, json, 8);

SIZE(bus_intake, 16);
AT(bus_intake, size, 0);
AT(bus_intake, reserved, 4);
AT(bus_intake, on_message, 8);

SIZE(bus_timer, 24);
AT(bus_timer, size, 0);
AT(bus_timer, reserved, 4);
AT(bus_timer, arm, 8);
AT(bus_timer, cancel, 16);

SIZE(bus_fd, 32);
AT(bus_fd, size, 0);
AT(bus_fd, reserved, 4);
AT(bus_fd, watch, 8);
AT(bus_fd, modify, 16);
AT(bus_fd, remove, 24);

SIZE(bus_expr_value, 24);
AT(bus_expr_value, size, 0);
AT(bus_expr_value, kind, 4);
AT(bus_expr_value, text, 8);

SIZE(bus_expr, 32);
AT(bus_expr, size, 0);
AT(bus_expr, reserved, 4);
AT(bus_expr, compile, 8);
AT(bus_expr, evaluate, 16);
AT(bus_expr, release, 24);

SIZE(bus_http_answer, 80);
AT(bus_http_answer, size, 0);
AT(bus_http_answer, code, 4);
AT(bus_http_answer, status, 8);
AT(bus_http_answer, reserved, 12);
AT(bus_http_answer, headers, 16);
AT(bus_http_answer, header_count, 24);
AT(bus_http_answer, body, 32);
AT(bus_http_answer, url, 48);
AT(bus_http_answer, message, 64);

SIZE(bus_http_request, 152);
AT(bus_http_request, size, 0);
AT(bus_http_request, max_redirects, 4);
AT(bus_http_request, method, 8);
AT(bus_http_request, url, 24);
AT(bus_http_request, unix_socket, 40);
AT(bus_http_request, headers, 56);
AT(bus_http_request, header_count, 64);
AT(bus_http_request, body, 72);
AT(bus_http_request, timeout_us, 88);
AT(bus_http_request, connect_timeout_us, 96);
AT(bus_http_request, max_body, 104);
AT(bus_http_request, max_per_host, 112);
AT(bus_http_request, reserved, 116);
AT(bus_http_request, argument, 120);
AT(bus_http_request, on_answer, 128);
AT(bus_http_request, flags, 136);
AT(bus_http_request, allowed_count, 140);
AT(bus_http_request, allowed, 144);

SIZE(bus_http, 24);
AT(bus_http, size, 0);
AT(bus_http, reserved, 4);
AT(bus_http, send, 8);
AT(bus_http, cancel, 16);

SIZE(bus_stream_request, 136);
AT(bus_stream_request, size, 0);
AT(bus_stream_request, reserved, 4);
AT(bus_stream_request, method, 8);
AT(bus_stream_request, url, 24);
AT(bus_stream_request, unix_socket, 40);
AT(bus_stream_request, headers, 56);
AT(bus_stream_request, header_count, 64);
AT(bus_stream_request, upgrade, 72);
AT(bus_stream_request, connect_timeout_us, 88);
AT(bus_stream_request, head_timeout_us, 96);
AT(bus_stream_request, argument, 104);
AT(bus_stream_request, on_open, 112);
AT(bus_stream_request, on_data, 120);
AT(bus_stream_request, on_close, 128);

SIZE(bus_stream, 32);
AT(bus_stream, size, 0);
AT(bus_stream, reserved, 4);
AT(bus_stream, open, 8);
AT(bus_stream, write, 16);
AT(bus_stream, close, 24);

SIZE(bus_relay_answer, 24);
AT(bus_relay_answer, size, 0);
AT(bus_relay_answer, status, 4);
AT(bus_relay_answer, body, 8);

SIZE(bus_relay, 24);
AT(bus_relay, size, 0);
AT(bus_relay, reserved, 4);
AT(bus_relay, pass, 8);
AT(bus_relay, forget, 16);

SIZE(bus_form, 24);
AT(bus_form, size, 0);
AT(bus_form, reserved, 4);
AT(bus_form, read, 8);
AT(bus_form, write_cloudevent, 16);

SIZE(bus_later, 24);
AT(bus_later, size, 0);
AT(bus_later, reserved, 4);
AT(bus_later, answer, 8);
AT(bus_later, progress, 16);

SIZE(bus_output, 24);
AT(bus_output, size, 0);
AT(bus_output, flags, 4);
AT(bus_output, text, 8);

SIZE(bus_exit, 32);
AT(bus_exit, size, 0);
AT(bus_exit, flags, 4);
AT(bus_exit, code, 8);
AT(bus_exit, signal, 12);
AT(bus_exit, text, 16);

SIZE(bus_variable, 32);
AT(bus_variable, name, 0);
AT(bus_variable, value, 16);

SIZE(bus_program, 112);
AT(bus_program, size, 0);
AT(bus_program, flags, 4);
AT(bus_program, path, 8);
AT(bus_program, argv, 24);
AT(bus_program, argc, 32);
AT(bus_program, env, 40);
AT(bus_program, env_count, 48);
AT(bus_program, cwd, 56);
AT(bus_program, line_bound, 72);
AT(bus_program, argument, 80);
AT(bus_program, on_output, 88);
AT(bus_program, on_drained, 96);
AT(bus_program, on_exit, 104);

SIZE(bus_process, 72);
AT(bus_process, size, 0);
AT(bus_process, reserved, 4);
AT(bus_process, resolve, 8);
AT(bus_process, start, 16);
AT(bus_process, read, 24);
AT(bus_process, write, 32);
AT(bus_process, close_stdin, 40);
AT(bus_process, stop, 48);
AT(bus_process, forget, 56);
AT(bus_process, pid, 64);

SIZE(bus_state, 32);
AT(bus_state, size, 0);
AT(bus_state, reserved, 4);
AT(bus_state, get, 8);
AT(bus_state, put, 16);
AT(bus_state, remove, 24);

SIZE(bus_label, 32);
AT(bus_label, name, 0);
AT(bus_label, value, 16);

SIZE(bus_metric, 32);
AT(bus_metric, size, 0);
AT(bus_metric, reserved, 4);
AT(bus_metric, declare, 8);
AT(bus_metric, add, 16);
AT(bus_metric, set, 24);

IS(BUS_OK, 0);
IS(BUS_INVALID, 1);
IS(BUS_UNAVAILABLE, 2);
IS(BUS_DENIED, 3);
IS(BUS_STOPPING, 4);
IS(BUS_FAULT, 5);
IS(BUS_LATER, 6);
IS(BUS_LOG_DEBUG, 0);
IS(BUS_LOG_INFO, 1);
IS(BUS_LOG_WARNING, 2);
IS(BUS_LOG_ERROR, 3);
IS(BUS_HEALTH_OK, 0);
IS(BUS_HEALTH_RETRYING, 1);
IS(BUS_HEALTH_WAITING, 2);
IS(BUS_HEALTH_FAILED, 3);
IS(BUS_HEALTH_IDLE, 4);
IS(BUS_HEALTH_DEGRADED, 5);
IS(BUS_TASK_PENDING, 0);
IS(BUS_TASK_RUNNING, 1);
IS(BUS_TASK_BLOCKED, 2);
IS(BUS_TASK_UNKNOWN, 3);
IS(BUS_TASK_FINISHED, 4);
IS(BUS_RESULT_NONE, 0);
IS(BUS_RESULT_SUCCESS, 1);
IS(BUS_RESULT_SKIP, 2);
IS(BUS_RESULT_FAILURE, 3);
IS(BUS_RESULT_ERROR, 4);
IS(BUS_RESULT_TIMEOUT, 5);
IS(BUS_RESULT_CANCELLATION, 6);
IS(BUS_EFFECT_NONE, 0);
IS(BUS_EFFECT_NEW, 1);
IS(BUS_EFFECT_REPEAT, 2);
IS(BUS_EFFECT_STALE, 3);
IS(BUS_TASK_HAS_EXIT, 1);
IS(BUS_TASK_UNNUMBERED, 2);
IS(BUS_BATCH_OUT_OF_TURN, 1);
IS(BUS_HTTP_PUBLIC_ONLY, 1);
IS(BUS_EVENT_POLLED, 1);
IS(BUS_RECEIPT_DUPLICATE, 1);
IS(BUS_RECEIPT_KNOWN, 2);
IS(BUS_ROLE_SOURCE, 1);
IS(BUS_ROLE_SINK, 2);
IS(BUS_OPT_STRING, 0);
IS(BUS_OPT_INT, 1);
IS(BUS_OPT_BOOL, 2);
IS(BUS_OPT_DURATION, 3);
IS(BUS_OPT_SIZE, 4);
IS(BUS_OPT_PATH, 5);
IS(BUS_OPT_LIST, 6);
IS(BUS_OPT_ENUM, 7);
IS(BUS_OPT_PATHS, 8);
IS(BUS_OPT_REQUIRED, 1);
IS(BUS_OPT_SECRET, 2);
IS(BUS_SIGNATURE_NONE, 0);
IS(BUS_SIGNATURE_GITHUB_SHA256, 1);
IS(BUS_SIGNATURE_STANDARD_WEBHOOKS, 2);
IS(BUS_SIGNATURE_BEARER, 3);
IS(BUS_SIGNATURE_BASIC, 4);
IS(BUS_SIGNATURE_HEADER, 5);
IS(BUS_SIGNATURE_HMAC, 6);
IS(BUS_HASH_SHA256, 0);
IS(BUS_HASH_SHA1, 1);
IS(BUS_HASH_SHA384, 2);
IS(BUS_HASH_SHA512, 3);
IS(BUS_ENCODING_HEX, 0);
IS(BUS_ENCODING_BASE64, 1);
IS(BUS_FD_READABLE, 1);
IS(BUS_FD_WRITABLE, 2);
IS(BUS_FD_HANGUP, 4);
IS(BUS_FD_ERROR, 8);
IS(BUS_PROCESS_STDIN, 1);
IS(BUS_PROCESS_LINES, 2);
IS(BUS_PROCESS_NO_STDERR, 4);
IS(BUS_STDOUT, 1);
IS(BUS_STDERR, 2);
IS(BUS_OUTPUT_CUT, 1);
IS(BUS_OUTPUT_UNFINISHED, 2);
IS(BUS_EXIT_CORE, 1);
IS(BUS_EXIT_STOPPED, 2);
IS(BUS_EXIT_LOST, 4);
IS(BUS_EXPR_JSON, 0);
IS(BUS_EXPR_TEXT, 1);
IS(BUS_EXPR_NONE, 2);
IS(BUS_METRIC_COUNTER, 0);
IS(BUS_METRIC_GAUGE, 1);
