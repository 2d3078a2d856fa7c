-- Fails if live and test data stand side by side. Movements of the balance and refunds do not say
-- which they are, and money of the two must not be added.
with

accounts as (

    select is_livemode from {{ ref('fct_payments') }}
    union distinct
    select is_livemode from {{ ref('fct_disputes') }}
    union distinct
    select is_livemode from {{ ref('fct_payouts') }}

)

select count(distinct is_livemode) as account_count
from accounts
having count(distinct is_livemode) > 1
