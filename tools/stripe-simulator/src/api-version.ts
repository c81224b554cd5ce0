/** The API version of the pinned SDK; a test compares it with `Stripe.API_VERSION`. */
export const apiVersion = '2026-10-28.endive';
