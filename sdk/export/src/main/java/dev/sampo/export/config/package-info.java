/** {@code config.json} of transformers, versions 4 and 5, read so that no setting is passed over. */
@NullMarked
package dev.sampo.export.config;

import org.jspecify.annotations.NullMarked;
