/** HTTP as this server needs it: {@link dev.sampo.server.http.HttpCall} is one request and its answer; Jetty is behind it. */
@NullMarked
package dev.sampo.server.http;

import org.jspecify.annotations.NullMarked;
