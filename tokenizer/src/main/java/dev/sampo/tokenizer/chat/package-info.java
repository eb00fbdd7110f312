/**
 * Chat templates: the Jinja of {@code tokenizer_config.json}, rendered as transformers does it. Enter at {@link
 * dev.sampo.tokenizer.chat.ChatTemplate}, which a tokenizer gives ({@link dev.sampo.tokenizer.Tokenizer#chatTemplate}).
 */
@NullMarked
package dev.sampo.tokenizer.chat;

import org.jspecify.annotations.NullMarked;
