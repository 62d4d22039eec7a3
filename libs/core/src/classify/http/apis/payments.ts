/** Payment services: money that has left does not come back by asking, and what is cancelled stays cancelled. */
import { api, type HttpRule } from "./rule.ts";

const STRIPE = api("stripe", /(^|\.)stripe\.com$/);
const OTHERS = api("payments", /(^|\.)(paypal|squareup|adyen|braintreegateway|mollie|gocardless|paddle|wise|plaid|razorpay|checkout)\.com$/);
const CANCEL = "Pause it, or cancel at the end of the period.";

export const PAYMENTS: readonly HttpRule[] = [
  STRIPE.destroys("DELETE /v1/subscriptions/*", "cancelSubscription", "Cancels a subscription at once; it cannot be taken up again.", { safer: CANCEL }),
  STRIPE.destroys("POST /v1/subscriptions|subscription_schedules/*/cancel", "cancelSubscription", "Cancels a subscription at once; it cannot be taken up again.", { safer: CANCEL }),
  STRIPE.destroys("POST /v1/payment_intents|setup_intents|orders|quotes/*/cancel", "cancelPayment", "Cancels a payment that was under way; it cannot be taken up again."),
  STRIPE.destroys("POST /v1/invoices|credit_notes/*/void", "voidInvoice", "Voids an invoice for good.", { safer: "Issue a credit note." }),
  STRIPE.destroys("POST /v1/accounts/*/reject", "rejectAccount", "Closes a connected account for good."),
  STRIPE.destroys("POST /v1/customers/*/sources|bank_accounts/*/detach", "detachSource", "Takes a means of payment away; the customer has to enter it again."),
  STRIPE.destroys("POST /v1/payment_methods/*/detach", "detachPaymentMethod", "Takes a means of payment away; it cannot be attached again."),
  STRIPE.writes("DELETE /v1/customers|subscriptions/*/discount", "removeDiscount", "Takes a discount away; it can be given again."),
  STRIPE.destroys("DELETE /v1/customers|products|plans|coupons|accounts|webhook_endpoints|skus|invoices|invoiceitems|tax_ids|terminal/**", "delete", "Deletes a Stripe object permanently.", { safer: "Set it inactive." }),
  STRIPE.pays("POST /v1/refunds|charges|payouts|transfers|payment_intents|topups|application_fees|disputes/**", "moveMoney", "Moves money."),
  STRIPE.pays("POST /v1/invoices/*/pay|send|finalize", "collect", "Asks a customer for money."),
  OTHERS.pays("POST /**/refund|refunds|capture|captures|payout|payouts|transfer|transfers|payments|charges", "moveMoney", "Moves money."),
  OTHERS.pays("POST /**/refund|capture|payout|transfer|cancel|void/**", "moveMoney", "Moves money, or calls a payment off."),
];
