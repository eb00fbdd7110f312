/**
 * Models: what turns a piece into tokens. Enter at {@link dev.sampo.tokenizer.model.Model}.
 */
@NullMarked
package dev.sampo.tokenizer.model;

import org.jspecify.annotations.NullMarked;
