/**
 * Chat templates: the Jinja of {@code tokenizer_config.json}, rendered as transformers does it. Enter at {@link
 * dev.sampo.tokenizer.chat.ChatTemplate}. Nothing else in the module needs this package.
 */
@NullMarked
package dev.sampo.tokenizer.chat;

import org.jspecify.annotations.NullMarked;
