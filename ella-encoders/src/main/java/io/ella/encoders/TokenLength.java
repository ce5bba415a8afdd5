package io.ella.encoders;

import io.ella.core.EllaException;

/**
 * How many tokens a prompt becomes. Immutable.
 *
 * <p>ELLA knows two: flexible, better for short prompts, and fixed at 128. CLIP is fixed at 77.
 */
public sealed interface TokenLength {
    /**
     * CLIP's length: 77 tokens, start and end among them.
     *
     * @return the length
     */
    static TokenLength clip() {
        return new Fixed(77);
    }

    /**
     * Padded and truncated to one length; transformers' {@code padding="max_length",
     * truncation=True}.
     *
     * @param maxLength tokens, special ones included; 1 at least
     * @return the length
     * @throws EllaException if it is not positive
     */
    static TokenLength fixed(int maxLength) {
        return new Fixed(maxLength);
    }

    /**
     * As many tokens as the text has: neither padded nor truncated.
     *
     * @return the length
     */
    static TokenLength flexible() {
        return new Flexible();
    }

    /**
     * {@return this, or what a text encoder can take where that is less} A flexible length stays:
     * too long a text is then refused.
     *
     * @param maxLength of the text encoder, 1 at least
     */
    default TokenLength atMost(int maxLength) {
        return this instanceof Fixed fixed && fixed.maxLength() > maxLength
                ? new Fixed(maxLength)
                : this;
    }

    /**
     * See {@link TokenLength#fixed}.
     *
     * @param maxLength tokens, special ones included
     */
    record Fixed(int maxLength) implements TokenLength {
        /** Checks the length. */
        public Fixed {
            if (maxLength < 1) {
                throw new EllaException(
                        "A token length of "
                                + maxLength
                                + " was asked for; give 1 at least (ELLA: 128, CLIP: 77).");
            }
        }
    }

    /** See {@link TokenLength#flexible}. */
    record Flexible() implements TokenLength {}
}
