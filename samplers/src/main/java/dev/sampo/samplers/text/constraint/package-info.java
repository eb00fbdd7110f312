/**
 * What generated text has to be like, and which tokens may come next.
 *
 * <p>Enter at {@link dev.sampo.samplers.text.constraint.Grammar} (a regular expression, a GBNF grammar or a JSON schema);
 * {@link dev.sampo.samplers.text.constraint.TokenConstraint} holds one against a vocabulary
 * ({@link dev.sampo.samplers.text.constraint.TokenTable}) and gives the logits processor.
 */
@NullMarked
package dev.sampo.samplers.text.constraint;

import org.jspecify.annotations.NullMarked;
