/** The architectures, one file each; each reads like its model card. {@link Architectures} finds them by {@code model_type}. */
@NullMarked
package dev.sampo.export.architecture;

import org.jspecify.annotations.NullMarked;
