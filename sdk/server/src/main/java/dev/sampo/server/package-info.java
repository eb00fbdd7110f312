/**
 * Models over HTTP, with OpenAI's interface, so that the clients that people have talk to it. Enter at {@link dev.sampo.server.SampoServer}:
 * it serves models that are opened from folders, within the bounds of a {@link dev.sampo.server.ServerConfig}.
 */
@NullMarked
package dev.sampo.server;

import org.jspecify.annotations.NullMarked;
