/** OpenAI's interface over the models of a server: {@link dev.sampo.server.openai.Api} is where requests arrive. */
@NullMarked
package dev.sampo.server.openai;

import org.jspecify.annotations.NullMarked;
