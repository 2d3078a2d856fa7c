-- Fails if a payout is not, to the minor unit, what its movements of the balance add up to. A
-- warning: of a history that was loaded in part, the first payout cannot be explained.
{{ config(severity='warn') }}

select
    payout_id,
    currency,
    amount,
    amount_booked,
    explained_amount
from {{ ref('rpt_payout_reconciliation') }}
where not is_explained
